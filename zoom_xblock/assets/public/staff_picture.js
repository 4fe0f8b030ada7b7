/*
 * Presence over time, for the course team: how many were there, and a bar for each learner on the table's page, on one axis. It is asked for when
 * it is opened. `ZoomXBlockPicture(details, call, text)`; the tables behind it hold the same for those who do not see it.
 *
 * Time runs from left to right in every language: the drawing says so with `dir`, the names beside it keep their own direction.
 */
(function () {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const CURVE_HEIGHT = 120;
  const BAR_HEIGHT = 12;
  //: So near to an end of the axis a time would stick out.
  const EDGE = 0.04;

  const { make } = window.ZoomXBlockShared;

  function shape(name, attributes) {
    const node = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (one) {
      node.setAttribute(one, attributes[one]);
    });
    return node;
  }

  function drawing(width, height, className) {
    // Stretched to whatever place there is: nothing in it is text, and lines keep their width.
    return shape("svg", { viewBox: "0 0 " + width + " " + height, preserveAspectRatio: "none", class: className, "aria-hidden": "true", focusable: "false" });
  }

  function box(span, y, height, className) {
    return shape("rect", { x: span[0], y: y, width: Math.max(span[1] - span[0], 1), height: height, class: className });
  }

  /** What lies behind bars and curve: the planned time, and the marks of the axis. */
  function ground(svg, picture, height) {
    if (picture.planned) svg.appendChild(box(picture.planned, 0, height, "zoom-staff__planned"));
    picture.marks.forEach(function (mark) {
      svg.appendChild(shape("line", { x1: mark.at, x2: mark.at, y1: 0, y2: height, class: "zoom-staff__mark-line" }));
    });
    return svg;
  }

  function curve(picture) {
    const svg = ground(drawing(picture.width, CURVE_HEIGHT, "zoom-staff__curve"), picture, CURVE_HEIGHT);
    const most = Math.max(picture.peak, 1);
    function height(count) {
      return Math.round((CURVE_HEIGHT - 4) * (1 - count / most) * 10) / 10 + 2;
    }
    let line = "";
    picture.curve.forEach(function (step, index) {
      line += (index ? "H" + step[0] + "V" : "M" + step[0] + " ") + height(step[1]);
    });
    if (line) {
      line += "H" + picture.width;
      svg.appendChild(shape("path", { d: line + "V" + CURVE_HEIGHT + "H" + picture.curve[0][0] + "Z", class: "zoom-staff__area" }));
      svg.appendChild(shape("path", { d: line, class: "zoom-staff__line", "vector-effect": "non-scaling-stroke" }));
    }
    return svg;
  }

  function axis(picture) {
    const line = make("div", "zoom-staff__axis");
    picture.marks.forEach(function (mark) {
      const place = make("span", "", mark.text);
      // By the CSSOM, which a policy against inline styles leaves alone.
      place.style.setProperty("left", (mark.at * 100) / picture.width + "%");
      if (mark.at < picture.width * EDGE) place.dataset.edge = "first";
      if (mark.at > picture.width * (1 - EDGE)) place.dataset.edge = "last";
      line.appendChild(place);
    });
    return line;
  }

  function strip(className, parts) {
    const row = make("div", className);
    parts.forEach(function (part) {
      row.appendChild(part);
    });
    return row;
  }

  function track(content) {
    const place = make("div", "zoom-staff__track");
    place.dir = "ltr";
    place.appendChild(content);
    return place;
  }

  function chart(picture, text) {
    const figure = make("div", "zoom-staff__figure");
    figure.setAttribute("role", "img");
    figure.setAttribute("aria-label", text.curve.replace("{peak}", picture.peak_text) + " " + text.bars);
    const scale = make("div", "zoom-staff__who zoom-staff__quiet", String(picture.peak));
    figure.appendChild(strip("zoom-staff__strip zoom-staff__strip--curve", [scale, track(curve(picture))]));
    figure.appendChild(strip("zoom-staff__strip zoom-staff__strip--axis", [make("div", "zoom-staff__who"), track(axis(picture))]));
    picture.rows.forEach(function (row) {
      const svg = ground(drawing(picture.width, BAR_HEIGHT, "zoom-staff__bar"), picture, BAR_HEIGHT);
      row.spans.forEach(function (span) {
        svg.appendChild(box(span, 2, BAR_HEIGHT - 4, "zoom-staff__there"));
      });
      row.counted.forEach(function (span) {
        svg.appendChild(box(span, 2, BAR_HEIGHT - 4, "zoom-staff__counted"));
      });
      const name = make("div", "zoom-staff__who", row.name);
      name.title = row.username;
      figure.appendChild(strip("zoom-staff__strip", [name, track(svg)]));
    });
    return figure;
  }

  function line(cells) {
    const row = make("tr");
    cells.forEach(function (value, index) {
      const cell = make(index ? "td" : "th", "", value);
      if (!index) cell.scope = "row";
      row.appendChild(cell);
    });
    return row;
  }

  function Picture(details, call, text) {
    const at = {};
    details.querySelectorAll("[data-picture]").forEach(function (node) {
      at[node.getAttribute("data-picture")] = node;
    });
    let wish = {};
    let date = "";
    let asked = 0;
    let drawn = "";

    function draw(picture) {
      const now = JSON.stringify(picture);
      if (now === drawn) return;
      drawn = now;
      at.dates.hidden = picture.dates.length < 2;
      at.date.replaceChildren();
      picture.dates.forEach(function (one) {
        const option = make("option", "", one.text);
        option.value = one.key;
        at.date.appendChild(option);
      });
      at.date.value = picture.date;
      at.peak.textContent = picture.peak_text;
      at.zone.textContent = picture.zone;
      at.page.textContent = picture.page_text;
      at["planned-key"].hidden = !picture.planned;
      at.chart.replaceChildren(chart(picture, text));
      at.people.replaceChildren();
      picture.rows.forEach(function (row) {
        at.people.appendChild(line([row.name, row.username, row.times || text.wasNotThere, row.minutes]));
      });
      at.steps.replaceChildren();
      picture.steps.forEach(function (step) {
        at.steps.appendChild(line([step.from, String(step.count)]));
      });
      at.drawing.hidden = false;
    }

    function load(announces) {
      const number = ++asked;
      call("picture", Object.assign({ date: date }, wish))
        .then(function (picture) {
          if (number !== asked) return;
          at.error.hidden = true;
          draw(picture);
          if (announces) at.announce.textContent = picture.peak_text;
        })
        .catch(function (error) {
          if (number !== asked) return;
          at.error.textContent = error.message || text.failed;
          at.error.hidden = false;
        });
    }

    details.addEventListener("toggle", function (event) {
      if (event.target === details && details.open) load(true);
    });
    at.date.addEventListener("change", function () {
      date = at.date.value;
      load(true);
    });

    return {
      /** The table shows another page, or the same one anew. */
      refresh: function (next) {
        wish = Object.assign({}, next);
        if (details.open) load();
      },
    };
  }

  window.ZoomXBlockPicture = Picture;
})();
