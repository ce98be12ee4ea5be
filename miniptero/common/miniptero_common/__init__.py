"""What both services share: settings, database, broker and web plumbing.

`make_repos.py` copies this package into the repository of each service.
"""
