"""Who is where on a canvas: layouts as data, made for a lesson and a canvas. Pure."""
