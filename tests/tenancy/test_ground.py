from tests.tenancy.ground import *
def test_x(ground):
    import collections
    print(collections.Counter(f.kind for f in ground.facts), len(ground.facts))
    for r in ground.readers.values(): print(r.label, r.role, r.place, r.tenant, r.schema, r.served)
    c=ground.client(ground.readers["county"])
    import time
    for p in ["/","/advisers/","/duty/behind/","/history/", "/figures/"]:
        t=time.time(); r=c.get(p); tx=text_of(r); t2=time.time(); f=ground.said_in(tx); t3=time.time()
        print(p, r.status_code, round(t2-t,3), round(t3-t2,3), ground.touched(), round(time.time()-t3,3), [str(x) for x in f][:5], len(f))
