"""Media: pictures, videos and sounds that go in and come out."""
