/*
 * Starts the blocks of a page, as the platform's scripts do: window[init](runtime, element, args), where `element` is a DOM node in the LMS
 * and a jQuery object in Studio, and `args` is {} where the block gave none.
 */
(function ($) {
  "use strict";

  // jQuery sends the CSRF token by itself, fetch() does not.
  $.ajaxSetup({
    beforeSend: function (request, options) {
      if (!/^(GET|HEAD|OPTIONS)$/i.test(options.type)) {
        const cookie = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/);
        if (cookie) request.setRequestHeader("X-CSRFToken", decodeURIComponent(cookie[1]));
      }
    },
  });

  function address(parts, suffix, query) {
    const path = parts.concat(suffix ? String(suffix).split("/") : []);
    const search = query ? "?" + (typeof query === "string" ? query.replace(/^\?/, "") : $.param(query)) : "";
    return "/" + path.map(encodeURIComponent).join("/") + search;
  }

  function wrapper(element) {
    const found = $(element).closest("[data-usage-id]");
    return found.length ? found : $(element).find("[data-usage-id]").first();
  }

  class Base {
    children(block) {
      return $(block).prop("xblock_children") || [];
    }
    childMap(block, name) {
      return this.children(block).find((child) => child.name === name) || null;
    }
    notify() {}
  }

  class Lms extends Base {
    handlerUrl(element, handler, suffix, query) {
      const data = wrapper(element).data();
      return address(["courses", data.courseId, "xblock", data.usageId, "handler", handler], suffix, query);
    }
  }

  class Studio extends Base {
    prefix() {
      return ["studio", "xblock"];
    }
    handlerUrl(element, handler, suffix, query) {
      const place = this.prefix().concat([wrapper(element).data("usageId"), "handler", handler]);
      return address(place, suffix, query);
    }
    // What a page makes of "save", "cancel" and "error" is in studio.js.
    notify(name, data) {
      $(document).trigger("studio:" + name, [data || {}]);
    }
    listenTo(name, callback) {
      $(document).on("studio:" + name, (_event, data) => callback.call(this, data));
    }
    refreshXBlock() {
      window.location.reload();
    }
  }

  class Preview extends Studio {
    prefix() {
      return ["studio", "preview", "xblock"];
    }
  }

  window.LmsRuntime = { v1: Lms };
  window.StudioRuntime = { v1: Studio };
  window.PreviewRuntime = { v1: Preview };

  function start(node) {
    const $node = $(node);
    const args = $node.children(".xblock-json-init-args").remove().text();
    const data = $node.data();
    $node.addClass("xblock-initialized");
    if (!data.init) return;
    const runtime = new window[data.runtimeClass]["v" + data.runtimeVersion]();
    const element = data.runtimeClass === "LmsRuntime" ? node : $node;
    const init = window[data.init];
    function Block() {
      return init.call(this, runtime, element, args ? JSON.parse(args) : {});
    }
    Block.prototype = init.prototype;
    const block = new Block();
    block.runtime = runtime;
    block.element = element;
    $node.data("block", block);
  }

  $(function () {
    $(".xblock:not(.xblock-initialized)").each(function () {
      try {
        start(this);
      } catch (error) {
        // One block that fails leaves the others alone; the console says so to whoever looks, tests included.
        $(this).addClass("xblock-initialization-failed");
        console.error(error);
      }
    });
  });
})(window.jQuery);
