"""Accessibility check of an open page: axe-core and a few checks of our own."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async (part) => {
  const colours = ["color-contrast", "link-in-text-block"];
  const options = {resultTypes: ["violations"], preload: false, iframes: false};
  if (part === "structure") options.rules = Object.fromEntries(colours.map(rule => [rule, {enabled: false}]));
  if (part === "colours") options.runOnly = {type: "rule", values: colours};
  if (part === "colours" && !window.fresh.length) return [];
  const found = await axe.run(part === "colours" ? {include: window.fresh} : document, options);
  return found.violations.map(one => one.id + ": " + one.nodes.slice(0, 3).map(
    node => node.html.slice(0, 160) + " | " + (node.any[0] ? node.any[0].message : "")).join(" ## "));
}"""
"""All rules; those of structure; or, of what is in `fresh`, those of colours, which alone a theme can break."""
OVER = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const out = Array.from(document.querySelectorAll("body *"))
    .filter(one => one.getBoundingClientRect().right > wide + 1 && getComputedStyle(one).position !== "fixed")
    .slice(0, 4).map(one => one.outerHTML.slice(0, 120));
  return [`${document.documentElement.scrollWidth} wide`, ...out];
}"""
PRUNE = """() => {
  const shape = one => [one.tagName, one.getAttribute("class"), one.getAttribute("role"),
    one.getAttribute("type"), one.hasAttribute("id"), one.hasAttribute("hidden"),
    ...Array.from(one.children, shape)].join("|");
  const rows = "table, tbody, tr, ul, ol, dl, svg, svg g, .findings";
  document.querySelectorAll(rows).forEach(parent => {
    const met = {};
    Array.from(parent.children).forEach(child => {
      const said = shape(child);
      met[said] = (met[said] || 0) + 1;
      if (met[said] > 2 && !/^T[HD]$/.test(child.tagName)) child.remove();
    });
  });
}"""
"""Of rows made alike, down to their classes, two are as good as two hundred: axe asks the same of each."""
NEW = """() => {
  const telling = /^(class|style|type|role|aria-(current|expanded|invalid|pressed|selected))$/;
  const said = ({name, value}) => telling.test(name) ? name + "=" + value : name;
  const own = one => one ? one.tagName + Array.from(one.attributes, said).sort().join(" ") : "";
  const known = new Map([[document.documentElement, ""]]);
  const path = one => {
    if (!known.has(one)) {
      let high = 1, low = 2;
      for (const letter of path(one.parentElement) + own(one) + "+" + own(one.previousElementSibling)) {
        high = Math.imul(high ^ letter.codePointAt(0), 2654435761);
        low = Math.imul(low ^ letter.codePointAt(0), 1597334677) ^ (high >>> 15);
      }
      known.set(one, high.toString(36) + low.toString(36));
    }
    return known.get(one);
  };
  const seen = new Set(JSON.parse(localStorage.getItem("seen") || "[]"));
  const speaks = one => /^(INPUT|SELECT|TEXTAREA)$/.test(one.tagName)
    || Array.from(one.childNodes).some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  window.fresh = Array.from(document.body.querySelectorAll("*"))
    .filter(one => speaks(one) && seen.size < seen.add(path(one)).size);
  localStorage.setItem("seen", JSON.stringify([...seen]));
}"""
"""Leaves in `fresh` what shows text and has not stood on a page before this one: alike in tags, classes and
attributes from the body down, which is what its colours come from."""
TWICE = """() => {
  const met = {};
  document.querySelectorAll("[id]").forEach(one => met[one.id] = (met[one.id] || 0) + 1);
  return Object.keys(met).filter(id => met[id] > 1);
}"""
SMALL = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const high = one => one.getBoundingClientRect().height;
  return Array.from(document.querySelectorAll(all)).filter(one => {
    if (!one.checkVisibility() || one.closest("svg") || high(one) < 2) return false;
    const beside = one.parentElement.textContent.trim().length - one.textContent.trim().length;
    if (getComputedStyle(one).display === "inline" && beside > 0) return false;
    return Math.round(Math.max(high(one), ...Array.from(one.labels || [], high))) < 44;
  }).slice(0, 4).map(one => one.outerHTML.slice(0, 120));
}"""
"""What is pressed on a phone and is less than 44 px high. A link within a sentence is as high as its line."""
SHOWS = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  return Array.from(document.querySelectorAll(all)).filter(one => {
    if (!one.checkVisibility() || one.disabled || one.tabIndex < 0) return false;
    one.focus();
    const style = getComputedStyle(one);
    return style.outlineStyle === "none" && style.boxShadow === "none";
  }).slice(0, 4).map(one => one.outerHTML.slice(0, 120));
}"""
