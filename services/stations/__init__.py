"""The register of legal-service stations: where they are, when they are open, how one gets there (R1.4, R1.6)."""
