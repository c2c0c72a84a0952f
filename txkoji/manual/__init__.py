"""
Chapters of the manual that belong to no package.

The docstring of `txkoji` lists all chapters. The library does not import these
modules.
"""
