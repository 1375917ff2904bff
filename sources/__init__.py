"""Where it comes from: sessions, recordings, the simulator."""
