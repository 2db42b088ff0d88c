"""Runs strata over the captures of a fleet."""
