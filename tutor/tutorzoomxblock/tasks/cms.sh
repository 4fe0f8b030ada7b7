# The package has to be in the image, and its settings right, in Studio as well as in the LMS.
if ! ./manage.py cms check --deploy --tag zoom_xblock; then
  echo "zoom-xblock is not ready in Studio: see above. Was the image built after the plugin was enabled? (tutor images build openedx)" >&2
  exit 1
fi
