// The drawing area of a hand signature. Without it, or where the browser is too old for it, a photograph is handed in.
(function () {
  "use strict";

  var least = 40; // how long, in all, the lines of a signature are, in pixels of the page

  function pad(box) {
    var area = box.querySelector(".mp-pad"), canvas = box.querySelector("canvas");
    var out = box.querySelector('input[type="hidden"]'), photo = box.querySelector("details");
    var ink = canvas.getContext && canvas.getContext("2d");
    if (!ink || !window.PointerEvent || !canvas.setPointerCapture || !canvas.toDataURL) { return null; }
    var strokes = [], stroke = null, finger = null, width = 0, length = 0;

    function line(s, from) {
      ink.beginPath();
      ink.moveTo(s[from].x, s[from].y);
      for (var i = from + 1; i < s.length; i++) { ink.lineTo(s[i].x, s[i].y); }
      if (s.length === 1) { ink.lineTo(s[0].x + 0.1, s[0].y); }
      ink.stroke();
    }

    // The picture has as many pixels as the screen, and no more than is taken.
    function fit() {
      var w = canvas.clientWidth, h = canvas.clientHeight;
      if (!w || !h) { return; }
      if (width && width !== w) { // the phone was turned
        strokes.forEach(function (s) { s.forEach(function (p) { p.x *= w / width; }); });
      }
      width = w;
      var ratio = Math.min(window.devicePixelRatio || 1, 2, 2000 / w, 1000 / h);
      canvas.width = Math.floor(w * ratio);
      canvas.height = Math.floor(h * ratio);
      ink.setTransform(ratio, 0, 0, ratio, 0, 0);
      ink.fillStyle = "#fff";
      ink.fillRect(0, 0, w, h);
      ink.strokeStyle = "#111";
      ink.lineWidth = 2.6;
      ink.lineCap = ink.lineJoin = "round";
      strokes.forEach(function (s) { line(s, 0); });
    }

    function place(e) {
      var at = canvas.getBoundingClientRect();
      return { x: e.clientX - at.left - canvas.clientLeft, y: e.clientY - at.top - canvas.clientTop };
    }

    function add(p) {
      var last = stroke[stroke.length - 1];
      length += Math.sqrt((p.x - last.x) * (p.x - last.x) + (p.y - last.y) * (p.y - last.y));
      stroke.push(p);
      line(stroke, stroke.length - 2);
    }

    canvas.addEventListener("pointerdown", function (e) {
      if (e.button > 0 || finger !== null) { return; }
      e.preventDefault();
      finger = e.pointerId;
      try { canvas.setPointerCapture(finger); } catch (gone) { /* the line ends at the edge then */ }
      stroke = [place(e)];
      strokes.push(stroke);
      line(stroke, 0);
      box.classList.add("mp-drawn");
      var wrong = box.querySelector(".mp-wrong");
      if (wrong) { wrong.style.visibility = "hidden"; } // its place stays: the page must not move under the pen
    });
    canvas.addEventListener("pointermove", function (e) {
      if (e.pointerId !== finger) { return; }
      e.preventDefault();
      var all = e.getCoalescedEvents ? e.getCoalescedEvents() : [];
      (all.length ? all : [e]).forEach(function (x) { add(place(x)); });
    });
    ["pointerup", "pointercancel"].forEach(function (name) {
      canvas.addEventListener(name, function (e) {
        if (e.pointerId === finger) { finger = stroke = null; }
      });
    });
    area.querySelector("button").addEventListener("click", function () {
      strokes = [];
      stroke = finger = null;
      length = 0;
      out.value = "";
      box.classList.remove("mp-drawn");
      fit();
    });
    window.addEventListener("resize", fit);
    area.hidden = false;
    photo.open = false;
    fit();
    if (window.ResizeObserver) { new ResizeObserver(function () { if (canvas.clientWidth !== width) { fit(); } }).observe(canvas); }

    return {
      // hand puts the picture into the form; false when there is none, in whatever way.
      hand: function () {
        if (length >= least) {
          out.value = canvas.toDataURL("image/png");
          return true;
        }
        out.value = "";
        var file = box.querySelector('input[type="file"]'), before = box.querySelector('input[type="checkbox"]');
        return file.value !== "" || before !== null && before.checked;
      },
      // miss says that there is none.
      miss: function () {
        var p = box.querySelector(".mp-wrong");
        if (!p) {
          p = document.createElement("p");
          p.className = "mp-wrong";
          p.setAttribute("role", "alert");
          area.appendChild(p);
        }
        p.textContent = box.getAttribute("data-empty");
        p.style.visibility = "";
        box.scrollIntoView();
      }
    };
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-sign]"), function (box) {
    var form = box, it = pad(box), pressed = null;
    while (form && form.nodeName !== "FORM") { form = form.parentNode; }
    if (!it || !form) { return; }
    form.addEventListener("click", function (e) {
      if (e.target.nodeName === "BUTTON") { pressed = e.target; }
    });
    form.addEventListener("submit", function (e) {
      var button = e.submitter || pressed;
      if (!it.hand() && (!button || button.name === "act")) { // what only looks again needs none
        e.preventDefault();
        it.miss();
      }
    });
  });
})();
