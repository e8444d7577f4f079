"""The composition root: settings, addresses, queues and the wiring of events. Knows everybody, holds no logic."""
