"""The tests of txkoji."""
