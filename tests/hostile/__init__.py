"""Generated inputs that want to hurt, and the server that has to bear them."""
