"""What is known of the data: the catalog as it was last seen."""
