"""Scripts that the server's own Python runs; the package never imports them."""
