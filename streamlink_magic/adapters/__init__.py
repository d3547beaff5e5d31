"""The only rooms that touch IPython, Spark, HTTP and ipywidgets."""
