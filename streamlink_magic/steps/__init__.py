"""The steps a question takes, one module each; no step imports another."""
