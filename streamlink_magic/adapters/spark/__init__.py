"""Spark seen through the seams: catalog, analyser, executor."""
