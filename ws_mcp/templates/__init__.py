"""Servers, clients and configurations that we hand out: a folder each below ``templates/``."""
