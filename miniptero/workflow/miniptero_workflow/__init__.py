"""miniptero's workflow service."""
