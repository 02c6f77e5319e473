"""Probes: how a live server or client reacts to what is right and to what is wrong (level 3).

Rules bind senders, cases bind receivers. ``cases/`` says what to send and what the RFC allows in return, as data;
``client.py`` and ``server.py`` play the peer over real sockets; ``verdicts.py`` compares; ``runner.py`` and
``session.py`` run many and put the result together.
"""
