// Maps of outlines. The list beside a map holds its figures: the map takes shades, numbers and ways from its rows, so the
// two never differ, and whoever can't see the map loses nothing. Nothing is fetched but from this server.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const COARSE = 14;
  const SVG = "http://www.w3.org/2000/svg";
  const flip = (rings) => rings.map((ring) => ring.map(([lon, lat]) => [lat, lon]));
  const toLatLngs = (geometry) => geometry.type === "Polygon" ? [flip(geometry.coordinates)] : geometry.coordinates.map(flip);

  // The small fields of legend and list take the same patterns as the map.
  const paintSwatches = (root = document) => {
    for (const box of root.querySelectorAll("[data-swatch]")) {
      if (box.firstChild) continue;
      const svg = document.createElementNS(SVG, "svg");
      const rect = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: `url(#shade-${box.dataset.swatch})` })) rect.setAttribute(name, value);
      svg.append(rect);
      box.append(svg);
    }
  };

  class Shown {
    constructor(frame) {
      this.frame = frame;
      this.box = find(".map-box", frame);
      this.mode = frame.dataset.mode;
      this.areas = new Map();
      frame.classList.add("on");
      this.box.hidden = false;
      this.map = L.map(this.box, { zoomControl: false, attributionControl: false, zoomSnap: 0.25, zoomDelta: 0.5, maxZoom: 20, minZoom: 3 });
      L.control.zoom({ zoomInTitle: frame.dataset.in, zoomOutTitle: frame.dataset.out }).addTo(this.map);
      if (frame.dataset.tiles) {
        const least = Number(frame.dataset.least), most = Number(frame.dataset.most);
        L.tileLayer(frame.dataset.tiles, { minNativeZoom: least, maxNativeZoom: most, maxZoom: 20 }).addTo(this.map);
      }
      if (frame.dataset.attribution) L.control.attribution({ prefix: false }).addAttribution(this.plain(frame.dataset.attribution)).addTo(this.map);
      this.labels = L.layerGroup().addTo(this.map);
      this.fine = false;
    }

    plain(text) {
      const span = document.createElement("span");
      span.textContent = text;
      return span.innerHTML;
    }

    // Who says that the places lie so: under the map, as with every map.
    sources(features) {
      const found = [...new Set(features.map((one) => one.properties.source).filter(Boolean))];
      if (!found.length) return;
      this.credits ||= L.control.attribution({ prefix: false, position: "bottomleft" }).addTo(this.map);
      this.credits.addAttribution(`${this.plain(this.frame.dataset.outlines)} ${this.plain(found.slice(0, 3).join("; "))}`);
    }

    say(text) { find(".map-said", this.frame).textContent = text; }

    async load(zoom = COARSE) {
      const address = new URL(this.frame.dataset.source, location);
      address.searchParams.set("zoom", zoom);
      const answer = await fetch(address, { headers: { Accept: "application/geo+json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      return (await answer.json()).features;
    }

    rowOf(code) { return find(`[data-map-rows] [data-place="${CSS.escape(code)}"]`); }

    draw(features) {
      for (const layer of this.areas.values()) layer.remove();
      this.areas.clear();
      // The outline of the whole lies lowest, hairlines of what lies below the rows on top.
      const drawn = features.map((one) => ({ one, row: this.rowOf(one.id) }));
      const under = drawn.filter(({ row, one }) => !row && one.properties.depth === 0);
      const over = drawn.filter(({ row, one }) => !row && one.properties.depth > 0);
      for (const { one, row } of [...under, ...drawn.filter((each) => each.row), ...over]) this.add(one, row);
      this.paint();
    }

    add(one, row) {
      const depth = one.properties.depth;
      const style = row
        ? { color: "#26332f", weight: 1.6, fillOpacity: this.frame.dataset.tiles ? 0.75 : 1, className: "area" }
        : { color: depth ? "#5c6b66" : "#0b4a45", weight: depth ? 0.6 : 3, fill: false, interactive: false, dashArray: depth ? "2 3" : null };
      const layer = L.polygon(toLatLngs(one.geometry), { ...style, bubblingMouseEvents: false });
      layer.feature = one;
      layer.addTo(this.map);
      this.areas.set(one.id, layer);
      if (!row) return;
      layer.on("click", () => find("a[href]", this.rowOf(one.id))?.click());
      layer.on("mouseover", () => this.mark(one.id, true));
      layer.on("mouseout", () => this.mark(one.id, false));
    }

    mark(code, on) {
      const layer = this.areas.get(code), row = this.rowOf(code);
      row?.classList.toggle("on", on);
      if (!layer || !row) return;
      layer.setStyle({ weight: on ? 4 : 1.6 });
      if (on) layer.bringToFront();
    }

    // Shades, tooltips and labels, from the rows as they are now.
    paint() {
      paintSwatches();
      this.labels.clearLayers();
      this.taken = [];
      for (const [code, layer] of this.areas) {
        const row = this.rowOf(code);
        if (!row) continue;
        const { name, at } = layer.feature.properties;
        layer.setStyle({ fillColor: `url(#shade-${row.dataset.shade})` });
        const words = document.createElement("span");
        const sum = find(".cover-words, .state", row)?.innerText.replace(/\s+/g, " ").trim() || "";
        words.textContent = sum ? `${name}: ${sum}` : name;
        layer.unbindTooltip().bindTooltip(words, { sticky: true, direction: "top" });
        this.label(layer, name, row.dataset.label, at);
      }
    }

    label(layer, name, number, [lon, lat]) {
      const bounds = layer.getBounds();
      const room = this.map.latLngToContainerPoint(bounds.getSouthEast()).subtract(this.map.latLngToContainerPoint(bounds.getNorthWest()));
      const short = name.replace(/(居民委员会|村民委员会|社区居委会|居委会|村委会|街道办事处)$/, "");
      const inside = document.createElement("span");
      inside.className = "map-label";
      const middle = this.map.latLngToContainerPoint([lat, lon]);
      const free = (width, height) => {
        const box = [middle.x - width / 2, middle.y - height / 2, middle.x + width / 2, middle.y + height / 2];
        if (this.taken.some((one) => one[0] < box[2] && box[0] < one[2] && one[1] < box[3] && box[1] < one[3])) return false;
        this.taken.push(box);
        return true;
      };
      const wide = room.x > short.length * 14 + 8 && room.y > 34 && free(short.length * 13, number ? 36 : 18);
      if (!wide && (!number || !free(String(number).length * 10 + 4, 18))) return;
      if (number) inside.append(Object.assign(document.createElement("b"), { textContent: number }));
      if (wide) inside.append(Object.assign(document.createElement("span"), { textContent: short }));
      if (!inside.childNodes.length || room.x < 16 || room.y < 16) return;
      L.marker([lat, lon], { icon: L.divIcon({ html: inside, className: "", iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(this.labels);
    }

    fit(layers = [...this.areas.values()]) {
      const bounds = L.latLngBounds([]);
      for (const layer of layers) bounds.extend(layer.getBounds());
      if (bounds.isValid()) this.map.fitBounds(bounds, { padding: [14, 14], animate: false });
      return bounds.isValid();
    }

    points() {
      for (const [lon, lat, name, way] of JSON.parse(this.frame.dataset.points || "[]")) {
        const pin = L.marker([lat, lon], { icon: L.divIcon({ className: "house-pin", iconSize: [12, 12] }), title: name, keyboard: false });
        pin.bindTooltip(this.plain(name)).addTo(this.map);
        if (way) pin.on("click", () => { location.href = way; });
      }
    }
  }

  const show = async (frame) => {
    const shown = new Shown(frame);
    let features;
    try {
      features = await shown.load();
    } catch {
      shown.box.hidden = true;
      return shown.say(frame.dataset.failed);
    }
    const known = features.filter((one) => shown.rowOf(one.id));
    if (!features.length || (!known.length && shown.mode === "show")) {
      shown.box.hidden = true;
      return shown.say(frame.dataset.empty);
    }
    shown.map.setView([features[0].properties.at[1], features[0].properties.at[0]], 12, { animate: false });
    shown.draw(features);
    shown.fit(known.map((one) => shown.areas.get(one.id)));
    shown.paint();
    shown.points();
    shown.sources(features);
    let wait;
    shown.map.on("zoomend", () => {
      shown.paint();
      clearTimeout(wait);
      if (!shown.fine && shown.map.getZoom() > COARSE + 1) {
        wait = setTimeout(async () => {
          try {
            const finer = await shown.load(20);
            shown.fine = true;
            shown.draw(finer);
          } catch { /* the coarse one stays */ }
        }, 400);
      }
    });
    const list = find("[data-map-rows]");
    const over = (on) => (event) => {
      const code = event.target.closest?.("[data-place]")?.dataset.place;
      if (code) shown.mark(code, on);
    };
    for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) list?.addEventListener(name, over(on));
    document.addEventListener("htmx:afterSwap", (event) => { if (list?.contains(event.target) || event.target === list) shown.paint(); });
  };

  window.LinliMap = { Shown, toLatLngs, paintSwatches };
  paintSwatches();
  for (const frame of document.querySelectorAll("[data-map][data-mode=show]")) show(frame);
})();
