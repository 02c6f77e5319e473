"""Output forms of a probe: text for people, JUnit and SARIF for build servers, HTML to look around in."""
