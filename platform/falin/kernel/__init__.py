"""The floor everything stands on: scope, doors, audit, outbox, jobs, crypto, files, money, periods, clock. Knows no domain."""
