"""Turns a job (bases and recipes) into image files; run by `bake.py` on the build machine."""
