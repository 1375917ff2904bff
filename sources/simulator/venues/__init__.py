"""The simulated venues: what the world looks like in the words of each of them."""
