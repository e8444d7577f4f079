import pytest
from tests.app.duty.cast import engage
@pytest.mark.e2e
def test_dbg(world, phone, sign_in_as):
    a = engage(world)
    page = phone.new_page()
    page.on("console", lambda m: print("CONSOLE", m.text))
    page.on("requestfailed", lambda r: print("FAILED", r.url, r.failure))
    page.on("pageerror", lambda r: print("PE", r))
    phone.on("response", lambda r: print("RESP", r.status, r.url))
    page.goto("/duty/")
    sign_in_as(page, a.username)
    page.goto("/duty/")
    page.wait_for_timeout(4000)
    print(page.evaluate("async()=>[navigator.serviceWorker.controller!==null, await caches.keys(), document.querySelector('[data-duty]').outerHTML.slice(0,600)]"))
    print(page.evaluate("async()=>{const out={}; for (const n of await caches.keys()) {out[n]=(await (await caches.open(n)).keys()).map(r=>r.url)} return out}"))
    page.screenshot(path="/tmp/duty1.png")
