"""What a person would use instead of styleid: one file each, as its own documentation says to use it.

Every module has ``open_peer(weights, option)``, which returns a function from files to vectors; some
also have ``open_network(weights, option)``, which returns a `Network`.
"""
