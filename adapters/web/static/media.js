// Pictures, videos, sounds and files inside a message.

import { icon, make } from "./dom.js";
import { view } from "./viewer.js";

const LOOKED_AT = new Set(["image", "animation"]);

/** Return the pictures of a message as one element, or null; give `holder` the first one's shape. */
export function pictures(media, holder, alt) {
  const seen = media.filter((each) => LOOKED_AT.has(each.kind));
  holder.classList.toggle("shaped", seen.length > 0);
  if (seen.length === 0) return null;
  holder.style.setProperty("--w", seen[0].width || 1);
  holder.style.setProperty("--h", seen[0].height || 1);
  const named = seen.map((each, at) => ({ ...each, alt: numbered(alt, at, seen.length) }));
  const grid = make("div", { classes: seen.length > 1 ? "pictures several" : "pictures" });
  grid.append(...named.map((_, at) => picture(named, at)));
  return grid;
}

const numbered = (alt, at, count) => (count > 1 ? `${alt} (${at + 1} of ${count})` : alt);

function picture(all, at) {
  const { url, alt, width, height } = all[at];
  const image = make("img", {
    src: url, alt, width: width || null, height: height || null, decoding: "async",
    "data-testid": "picture",
  });
  const button = make("button", { type: "button", classes: "picture", "aria-label": `Enlarge: ${alt}` }, image);
  button.addEventListener("click", () => view(all, at, button));
  image.addEventListener("error", () => {
    button.replaceWith(make("p", { classes: "picture broken" }, "This picture is not here any more."));
  });
  return button;
}

/** Return videos, sounds and files as one element, or null. */
export function others(media) {
  const rest = media.filter((each) => !LOOKED_AT.has(each.kind));
  return rest.length ? make("div", { classes: "others" }, ...rest.map(other)) : null;
}

function other(each) {
  if (each.kind === "video") {
    return make("video", { src: each.url, controls: "", playsinline: "", preload: "metadata", "aria-label": "Video" });
  }
  if (each.kind === "audio") {
    return make("audio", { src: each.url, controls: "", preload: "metadata", "aria-label": "Sound" });
  }
  const ending = each.id.split(".").pop().toUpperCase();
  const words = make("span", {}, `Download ${ending} file`, make("small", {}, size(each.size_bytes)));
  return make("a", { classes: "file", href: `${each.url}?download=1`, download: "" }, icon("file"), words);
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
