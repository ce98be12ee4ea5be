//! Carries out what was planned, and chooses nothing.
