// An outline is drawn: points are dragged or moved with arrow keys, new ones made between two, all of it undone and done
// again. The form's text field holds the outline, so that saving, checking and conflicts are the server's.
(() => {
  "use strict";
  const { Shown, toLatLngs, paintSwatches } = window.LinliMap;
  const find = (selector, root = document) => root.querySelector(selector);
  const SNAP = 12; // points of the screen
  const MOST_HANDLES = 250;
  const round = (value) => Math.round(value * 1e6) / 1e6;
  const toGeometry = (parts) => {
    const closed = parts.map((rings) => rings.map((ring) => [...ring, ring[0]].map(([lat, lng]) => [round(lng), round(lat)])));
    return closed.length === 1 ? { type: "Polygon", coordinates: closed[0] } : { type: "MultiPolygon", coordinates: closed };
  };
  const toParts = (geometry) => toLatLngs(geometry).map((rings) => rings.map((ring) => {
    const [a, b] = [ring[0], ring[ring.length - 1]];
    return a[0] === b[0] && a[1] === b[1] ? ring.slice(0, -1) : ring;
  }));
  const read = (text) => {
    try {
      const raw = JSON.parse(text);
      return toParts(raw.type === "Feature" ? raw.geometry : raw);
    } catch {
      return [];
    }
  };

  // The places around as hairlines with their names; own ones are left out.
  const surround = async (shown, own) => {
    let features = [];
    try {
      features = await shown.load(20);
    } catch {
      shown.say(shown.frame.dataset.failed);
    }
    const beside = [];
    for (const one of features) {
      if (one.id === own) continue;
      const whole = one.properties.depth === 0;
      const layer = L.polygon(toLatLngs(one.geometry), { color: whole ? "#0b4a45" : "#4c5b56", weight: whole ? 3 : 1.5, dashArray: whole ? "8 5" : null, fill: !whole, fillColor: "#ffffff", fillOpacity: 0.55, interactive: false }).addTo(shown.map);
      layer.feature = one;
      beside.push(layer);
    }
    shown.beside = beside;
    return features;
  };
  const nameAround = (shown) => {
    shown.labels.clearLayers();
    shown.taken = [];
    for (const layer of shown.beside) if (layer.feature.properties.depth > 0) shown.label(layer, layer.feature.properties.name, "", layer.feature.properties.at);
  };

  class Editor {
    constructor(shown, field, code) {
      Object.assign(this, { shown, field, code, map: shown.map, parts: read(field.value), past: [], ahead: [], drawing: null });
      this.layer = L.polygon([], { color: "#0b5750", weight: 3, fillColor: "url(#shade-mine)", fillOpacity: 0.5, interactive: false }).addTo(this.map);
      this.line = L.polyline([], { color: "#a4201c", weight: 2.5, dashArray: "6 5", interactive: false }).addTo(this.map);
      this.handles = L.layerGroup().addTo(this.map);
      this.cross = Object.assign(document.createElement("div"), { className: "map-cross", hidden: true });
      shown.box.append(this.cross);
      this.map.on("moveend zoomend", () => this.show(false));
      this.map.on("click", (event) => { if (this.drawing) this.addPoint(event.latlng); });
      this.map.on("dblclick", (event) => { if (this.drawing) { L.DomEvent.stop(event); this.close(); } });
      shown.box.addEventListener("keydown", (event) => this.key(event));
      for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => this.tool(button.dataset.tool));
      find(".map-tools")?.classList.add("on");
      field.addEventListener("change", () => { this.keep(); this.parts = read(field.value); this.show(); });
      this.form = field.form;
      this.form.addEventListener("submit", () => { this.saved = true; });
      window.addEventListener("beforeunload", (event) => { if (this.past.length && !this.saved) event.preventDefault(); });
      this.show();
    }

    tool(name) {
      if (name === "draw") { this.keep(); this.parts = []; this.start(); }
      else if (name === "part") this.start();
      else if (name === "undo") this.back(this.past, this.ahead);
      else if (name === "redo") this.back(this.ahead, this.past);
      else if (name === "point") this.addPoint(this.map.getCenter());
      else if (name === "close") this.close();
    }

    start() {
      this.drawing = [];
      this.map.doubleClickZoom.disable();
      this.shown.box.classList.add("drawing");
      this.cross.hidden = false;
      this.shown.box.focus();
      this.show();
    }

    addPoint(latlng) {
      const { at } = this.snap(latlng);
      const first = this.drawing[0];
      if (first && this.drawing.length > 2 && this.far(first, [at.lat, at.lng]) < SNAP) return this.close();
      const last = this.drawing[this.drawing.length - 1];
      if (last && this.far(last, [at.lat, at.lng]) < 2) return undefined;
      this.drawing.push([at.lat, at.lng]);
      return this.show();
    }

    close() {
      if (!this.drawing || this.drawing.length < 3) return;
      this.keep();
      this.parts = [...this.parts, [this.drawing]];
      this.stop();
    }

    stop() {
      this.drawing = null;
      this.cross.hidden = true;
      this.shown.box.classList.remove("drawing");
      setTimeout(() => this.map.doubleClickZoom.enable(), 300);
      this.show();
    }

    key(event) {
      if (this.drawing) {
        if (event.key === "Enter" && event.target === this.shown.box) { event.preventDefault(); this.addPoint(this.map.getCenter()); }
        else if (event.key === "Backspace") { event.preventDefault(); this.drawing.pop(); this.show(); }
        else if (event.key === "Escape") this.stop();
        return;
      }
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
        event.preventDefault();
        this.tool(event.shiftKey ? "redo" : "undo");
      }
    }

    far(a, b) { return this.map.latLngToContainerPoint(a).distanceTo(this.map.latLngToContainerPoint(b)); }

    // To a neighbour's point first, then to its border.
    snap(latlng) {
      const here = this.map.latLngToContainerPoint(latlng);
      let best = { far: SNAP, at: latlng, snapped: false };
      let border = { far: SNAP * 0.75, at: latlng, snapped: false };
      const near = this.map.getBounds().pad(0.2);
      for (const layer of this.shown.beside) {
        if (!near.intersects(layer.getBounds())) continue;
        for (const ring of this.rings(layer)) {
          const seen = ring.map((one) => this.map.latLngToContainerPoint(one));
          seen.forEach((point, at) => {
            const far = point.distanceTo(here);
            if (far < best.far) best = { far, at: ring[at], snapped: true };
            const to = L.LineUtil.closestPointOnSegment(here, point, seen[(at + 1) % seen.length]);
            const side = to.distanceTo(here);
            if (side < border.far) border = { far: side, at: this.map.containerPointToLatLng(to), snapped: true };
          });
        }
      }
      return best.snapped ? best : border;
    }

    rings(layer) { return layer.getLatLngs().flatMap((part) => Array.isArray(part[0]) ? part : [part]); }

    keep() {
      this.past.push(JSON.stringify(this.parts));
      if (this.past.length > 100) this.past.shift();
      this.ahead = [];
    }

    back(from, to) {
      if (!from.length) return;
      to.push(JSON.stringify(this.parts));
      this.parts = JSON.parse(from.pop());
      this.show();
    }

    show(all = true) {
      this.layer.setLatLngs(this.parts);
      this.line.setLatLngs(this.drawing || []);
      if (all) this.field.value = this.parts.length ? JSON.stringify(toGeometry(this.parts)) : "";
      const focused = document.activeElement?.dataset?.handle;
      this.handles.clearLayers();
      if (this.drawing) this.drawing.forEach((at) => L.marker(at, { icon: L.divIcon({ className: "vertex", iconSize: [14, 14] }), interactive: false, keyboard: false }).addTo(this.handles));
      else if (this.shown.mode === "edit") this.hold(focused);
      this.buttons();
      nameAround(this.shown);
      const points = this.parts.flat(2).length;
      this.shown.say(this.drawing ? this.words("drawing") : points ? `${points} ${this.words("points")}` : this.words("none"));
    }

    words(key) { return this.form.dataset[key] || ""; }

    buttons() {
      const set = (name, key, value) => { const button = find(`[data-tool=${name}]`); if (button) button[key] = value; };
      set("undo", "disabled", !this.past.length);
      set("redo", "disabled", !this.ahead.length);
      set("point", "hidden", !this.drawing);
      set("close", "hidden", !this.drawing || this.drawing.length < 3);
      set("part", "disabled", Boolean(this.drawing) || !this.parts.length);
    }

    // Handles of what is in sight; of very fine outlines only after zooming in.
    hold(focused) {
      const near = this.map.getBounds().pad(0.1);
      const seen = [];
      this.parts.forEach((rings, part) => rings.forEach((ring, which) => ring.forEach((point, at) => { if (near.contains(point)) seen.push({ part, which, at, ring, point }); })));
      if (seen.length > MOST_HANDLES) return;
      for (const one of seen) this.handle(one);
      for (const one of seen) this.between(one);
      if (focused) find(`[data-handle="${focused}"]`, this.shown.box)?.focus();
    }

    handle({ part, which, at, ring, point }) {
      const marker = L.marker(point, { draggable: true, keyboard: true, title: "", icon: L.divIcon({ className: "vertex", iconSize: [16, 16] }) }).addTo(this.handles);
      const node = marker.getElement();
      node.dataset.handle = `${part}-${which}-${at}`;
      node.setAttribute("aria-label", `${this.words("point")} ${at + 1} / ${ring.length}`);
      let kept = false;
      marker.on("dragstart", () => { this.keep(); kept = true; });
      marker.on("drag", (event) => {
        const { at: to, snapped } = this.snap(event.latlng);
        node.classList.toggle("snapped", snapped);
        this.parts[part][which][at] = [to.lat, to.lng];
        this.layer.setLatLngs(this.parts);
      });
      marker.on("dragend", () => { if (kept) this.show(); });
      marker.on("contextmenu", () => this.remove(part, which, at));
      node.addEventListener("keydown", (event) => {
        const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
        if (step) {
          event.preventDefault();
          event.stopPropagation();
          this.keep();
          const by = event.shiftKey ? 10 : 2;
          const to = this.map.containerPointToLatLng(this.map.latLngToContainerPoint(this.parts[part][which][at]).add([step[0] * by, step[1] * by]));
          this.parts[part][which][at] = [to.lat, to.lng];
          this.show();
        } else if (event.key === "Delete" || event.key === "Backspace") {
          event.preventDefault();
          this.remove(part, which, at);
        }
      });
    }

    between({ part, which, at, ring, point }) {
      const next = ring[(at + 1) % ring.length];
      if (this.far(point, next) < 36) return;
      const middle = this.map.containerPointToLatLng(this.map.latLngToContainerPoint(point).add(this.map.latLngToContainerPoint(next)).divideBy(2));
      const marker = L.marker(middle, { draggable: true, keyboard: true, icon: L.divIcon({ className: "vertex between", iconSize: [11, 11] }) }).addTo(this.handles);
      marker.getElement().setAttribute("aria-label", this.words("between"));
      const make = (to) => {
        this.keep();
        this.parts[part][which].splice(at + 1, 0, [to.lat, to.lng]);
      };
      let started = false;
      marker.on("dragstart", () => { make(middle); started = true; });
      marker.on("drag", (event) => {
        const { at: to } = this.snap(event.latlng);
        this.parts[part][which][at + 1] = [to.lat, to.lng];
        this.layer.setLatLngs(this.parts);
      });
      marker.on("dragend", () => this.show());
      marker.on("click", () => { if (!started) { make(middle); this.show(); find(`[data-handle="${part}-${which}-${at + 1}"]`, this.shown.box)?.focus(); } });
    }

    remove(part, which, at) {
      this.keep();
      const ring = this.parts[part][which];
      if (ring.length > 3) ring.splice(at, 1);
      else if (which) this.parts[part].splice(which, 1);
      else this.parts.splice(part, 1);
      this.show();
      find(".vertex:not(.between)", this.shown.box)?.focus();
    }
  }

  const begin = async (frame) => {
    const shown = new Shown(frame);
    shown.map.setView([30, 110], 5, { animate: false });
    const form = find("#outline-form");
    const own = form?.dataset.code;
    const features = await surround(shown, own);
    const layers = [...shown.beside];
    if (frame.dataset.mode === "compare") {
      const box = find("#two-shapes");
      for (const [key, color] of [["theirs", "#1f4e8c"], ["mine", "#0b5750"]]) {
        if (!box.dataset[key]) continue;
        layers.unshift(L.polygon(read(box.dataset[key]), { color, weight: 3, dashArray: key === "mine" ? null : "3 5", fillColor: `url(#shade-${key})`, fillOpacity: 0.8, interactive: false }).addTo(shown.map));
      }
      shown.fit(layers.slice(0, 2));
    } else if (frame.dataset.mode === "point") {
      shown.fit(layers);
      point(shown);
    } else {
      const field = find("[name=geometry]");
      const parts = read(field.value);
      if (parts.length) shown.map.fitBounds(L.polygon(parts).getBounds(), { padding: [40, 40], animate: false });
      else if (!shown.fit(layers) && features.length === 0) shown.map.setView([30, 110], 5);
      if (frame.dataset.mode === "edit") new Editor(shown, field, own);
      else L.polygon(parts, { color: "#0b5750", weight: 3, fillColor: "url(#shade-mine)", fillOpacity: 0.5, interactive: false }).addTo(shown.map);
    }
    nameAround(shown);
    shown.sources(features);
    shown.points();
    shown.map.on("zoomend", () => nameAround(shown));
    paintSwatches();
  };

  // A click says where a building stands.
  const point = (shown) => {
    const lon = find("[name=lon]"), lat = find("[name=lat]");
    const pin = L.marker([0, 0], { icon: L.divIcon({ className: "house-pin here", iconSize: [18, 18] }), draggable: true, keyboard: false });
    const put = () => {
      const at = [Number(lat.value), Number(lon.value)];
      if (lon.value && lat.value && Number.isFinite(at[0]) && Number.isFinite(at[1])) pin.setLatLng(at).addTo(shown.map);
      else pin.remove();
    };
    const take = (latlng) => { lon.value = round(latlng.lng); lat.value = round(latlng.lat); put(); };
    shown.map.on("click", (event) => take(event.latlng));
    pin.on("dragend", () => take(pin.getLatLng()));
    for (const field of [lon, lat]) field.addEventListener("input", put);
    put();
    if (pin._map) shown.map.setView(pin.getLatLng(), Math.max(shown.map.getZoom(), 16), { animate: false });
  };

  for (const frame of document.querySelectorAll("[data-map]:not([data-mode=show])")) begin(frame);
})();
