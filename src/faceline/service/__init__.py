"""The operations in domain terms: no HTTP, no JSON, no codec, no model."""
