"""The portal for programs: pages that cross services, below /api/v1/."""
