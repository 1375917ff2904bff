"""The simulated world: one market of several assets on several venues, in no venue's words."""
