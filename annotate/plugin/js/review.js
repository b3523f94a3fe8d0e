// Entry of the plugin: registers the Review panel with FiftyOne. The parts are modules of their own beside this file.
(() => {
  const here = document.currentScript.src;
  const fresh = Date.now(); // after an update of bleedkit the browser must not mix old parts with new ones
  const part = (name) => import(new URL(`${name}.js?v=${fresh}`, here));
  const names = ["desk", "keys", "clips", "scene", "picture", "pictures", "timeline", "sidebar", "panel"];
  const parts = Promise.all(names.map(part));

  const { createElement, useEffect, useRef } = window.React;

  function ReviewPanel() {
    const root = useRef(null);
    const modal = window.__fos__?.modalSelector ? window.recoil.useRecoilValue(window.__fos__.modalSelector) : null;
    const panel = useRef(null);
    useEffect(() => {
      let gone = false;
      parts.then((modules) => {
        if (gone || !root.current) return;
        const lib = Object.fromEntries(names.map((name, at) => [name, modules[at]]));
        panel.current = new lib.panel.Panel(root.current, lib, modal?.id);
      });
      return () => {
        gone = true;
        panel.current?.close();
      };
    }, []);
    useEffect(() => {
      if (modal?.id) panel.current?.showSample(modal.id);
    }, [modal?.id]);
    return createElement("div", { ref: root, style: { width: "100%", height: "100%" } });
  }

  window.__fop__.registerComponent({
    name: "bleedkit-review",
    label: "Review",
    component: ReviewPanel,
    type: 2, // a panel
    activator: () => true,
    panelOptions: { surfaces: "grid modal", helpMarkdown: "Review bleeding labels by keyboard; press ? for the keys." },
  });
})();
