"""The database: tables, engine, migrations. What a face or a message means is for others to know."""
