"""The forms a handshake is pasted in, beside raw HTTP: transcripts, panels, commands, data, HTTP/2 and 3."""
