"""The maker of the bundled sample lesson: a drawn and spoken maths class of 75 seconds.

Run ``python -m sample_results.make_lesson`` from the root of the repository; it needs
Pillow, numpy, av and espeakng-loader and writes ``sample_results/lesson/``.
"""
