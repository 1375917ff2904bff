"""The words of Seawall: what flows, what is stored, what is published."""
