def run(arguments, home):
    print("stub doctor"); return 0
