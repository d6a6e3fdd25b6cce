"""Files and pictures: the media store and the image tool."""
