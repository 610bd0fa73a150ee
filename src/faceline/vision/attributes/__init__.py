"""What only ALL asks for: from a crop and a mesh to the attributes of a face."""
