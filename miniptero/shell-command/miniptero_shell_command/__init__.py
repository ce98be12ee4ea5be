"""miniptero's shell-command service."""
