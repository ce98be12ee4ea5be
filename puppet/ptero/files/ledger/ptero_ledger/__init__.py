"""Keeps what test jobs say of themselves: one line for each start and each end, on the disk before the answer."""
