"""Bodies that hold a schema of their own (province, county-grade): their directory, provisioning and migration."""
