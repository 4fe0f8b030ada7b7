"""The plainest block there is, as a floor for a page."""

from web_fragments.fragment import Fragment
from xblock.core import XBlock
from xblock.fields import Scope, String


class HtmlBlock(XBlock):
    """Text that an author wrote."""

    display_name = String(scope=Scope.settings, default="Text")
    data = String(scope=Scope.content, default="<p>We meet online.</p>")

    def student_view(self, context=None):
        """The text."""
        return Fragment(self.data)

    @XBlock.json_handler
    def nothing(self, data, suffix=""):
        """What a handler costs that does nothing."""
        return {}
