// The page's side of the service worker: asks it to keep this person's pages, tells it to forget them.

const loaded = () => [...document.querySelectorAll("link[rel=stylesheet],link[rel=icon],script[src],use")]
  .map((element) => element.href && element.href.baseVal !== undefined ? element.href.baseVal : element.href || element.src)
  .filter(Boolean)
  .map((address) => new URL(address, location.href))
  .filter((address) => address.origin === location.origin && address.pathname.startsWith("/static/"))
  .map((address) => address.pathname + address.search);

/** Whether pages will open without a network. */
export async function start(site) {
  if (!navigator.serviceWorker) return false;
  try {
    await navigator.serviceWorker.register(site.worker, { scope: "/" });
    const ready = await navigator.serviceWorker.ready;
    const assets = [...new Set(loaded())];
    ready.active.postMessage({ act: "keep", key: site.key, pages: [site.home, site.form], assets });
    return true;
  } catch (refused) { return false; }
}

export async function forget() {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.getRegistration();
  if (registration && registration.active) registration.active.postMessage({ act: "forget" });
}
