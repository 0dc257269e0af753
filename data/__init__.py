"""The database: schema, unit of work, one file a noun. Knows the core's records; decides nothing."""
