# The package has to be in the image, and its settings right. Without it the platform would start and say nothing.
if ! ./manage.py lms check --deploy --tag zoom_xblock; then
  echo "zoom-xblock is not ready in the LMS: see above. Was the image built after the plugin was enabled? (tutor images build openedx)" >&2
  exit 1
fi
# Attendance becomes completion only where the platform tracks completion. Tutor turns that on for a new site; a site
# where somebody has turned it off is told, not overruled.
switch=completion.enable_completion_tracking
switches=$(./manage.py lms waffle_switch --list)
case "$switches" in
  *"$switch: on"*) ;;
  *"$switch: off"*) echo "WARNING: the waffle switch $switch is off: nobody's attendance becomes completion. To turn it on: ./manage.py lms waffle_switch $switch on" >&2 ;;
  *) ./manage.py lms waffle_switch --create "$switch" on ;;
esac
