"""Charts as SVG, made on the server. They need no script and they print. Pure functions."""
