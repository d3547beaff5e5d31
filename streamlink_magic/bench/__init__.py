"""How fast the parts are: measured beside each other in one run, never as a bare time."""
