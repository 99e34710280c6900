"""
Phase tables: medians and fits of public benchmarks, one entry per model and GPU.

Written by `scripts/fit_catalogue`; a test fits them again from the published rows.
"""

from __future__ import annotations

from twin.catalogue.performance import PhaseTable

PHASE_TABLES: tuple[PhaseTable, ...] = (
    PhaseTable(
        model="bloom-176b", gpu="a100-sxm-80gb", tensor_parallel=8,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.07967, 0.09916, 0.17381, 0.28919, 0.54041, 1.34817, 3.59317),
        prefill_power_frac=(0.691, 0.723, 0.876, 1.007, 1.021, 1.021, 1.026),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
        decode_s=(0.04876, 0.04999, 0.051, 0.05295, 0.05734, 0.06538, 0.09658),
        decode_power_frac=(0.636, 0.636, 0.636, 0.636, 0.636, 0.636, 0.636),
        decode_context_tokens=576.0, decode_kv_token_s=4.239e-07,
        decode_memory_power_frac=0.148, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=55803.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), "
        "medians",
    ),
    PhaseTable(
        model="bloom-176b", gpu="h100-sxm-80gb", tensor_parallel=8,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.04828, 0.05118, 0.07549, 0.13262, 0.25311, 0.6887, 1.5354),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
        decode_s=(0.03611, 0.03691, 0.03806, 0.03814, 0.04064, 0.04584, 0.06382),
        decode_power_frac=(0.543, 0.543, 0.543, 0.543, 0.543, 0.543, 0.543),
        decode_context_tokens=576.0, decode_kv_token_s=2.107e-07,
        decode_memory_power_frac=0.125, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=55803.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), medians;"
        " power assumed, see serving.md",
    ),
    PhaseTable(
        model="llama2-70b", gpu="a100-sxm-80gb", tensor_parallel=8,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.06535, 0.06676, 0.09431, 0.15446, 0.27422, 0.66122, 1.54982),
        prefill_power_frac=(0.46, 0.658, 0.749, 0.749, 0.989, 1.002, 1.002),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
        decode_s=(0.04485, 0.04456, 0.04579, 0.04647, 0.05044, 0.05302, 0.07161),
        decode_power_frac=(0.435, 0.435, 0.435, 0.435, 0.435, 0.435, 0.435),
        decode_context_tokens=576.0, decode_kv_token_s=3.7e-07,
        decode_memory_power_frac=0.11, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=1330566.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), "
        "medians",
    ),
    PhaseTable(
        model="llama2-70b", gpu="a100-sxm-80gb", tensor_parallel=4,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.06365, 0.07857, 0.12696, 0.22708, 0.40333, 0.96515, 2.27845),
        prefill_power_frac=(0.642, 0.813, 1.002, 1.009, 1.016, 1.048, 1.048),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
        decode_s=(0.04499, 0.045, 0.04509, 0.0458, 0.04852, 0.05235, 0.07295),
        decode_power_frac=(0.594, 0.594, 0.594, 0.594, 0.594, 0.594, 0.594),
        decode_context_tokens=576.0, decode_kv_token_s=3.913e-07,
        decode_memory_power_frac=0.14, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=451660.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), "
        "medians",
    ),
    PhaseTable(
        model="llama2-70b", gpu="a100-sxm-80gb", tensor_parallel=2,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.08108, 0.11293, 0.19686, 0.37706, 0.68805, 1.48535, 2.99018),
        prefill_power_frac=(1.006, 1.036, 1.036, 1.037, 1.062, 1.086, 1.086),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
        decode_s=(0.05486, 0.05992, 0.06052, 0.06169, 0.06546, 0.07219),
        decode_power_frac=(0.736, 0.736, 0.736, 0.736, 0.736, 0.736),
        decode_context_tokens=576.0, decode_kv_token_s=3.965e-07,
        decode_memory_power_frac=0.173, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=12207.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), "
        "medians",
    ),
    PhaseTable(
        model="llama2-70b", gpu="h100-sxm-80gb", tensor_parallel=8,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.05819, 0.05166, 0.05339, 0.07791, 0.1368, 0.39029, 0.84489),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
        decode_s=(0.02976, 0.03026, 0.03179, 0.0325, 0.03417, 0.03862, 0.05016),
        decode_power_frac=(0.543, 0.543, 0.543, 0.543, 0.543, 0.543, 0.543),
        decode_context_tokens=576.0, decode_kv_token_s=2.635e-07,
        decode_memory_power_frac=0.06, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=1330566.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), medians;"
        " power assumed, see serving.md",
    ),
    PhaseTable(
        model="llama2-70b", gpu="h100-sxm-80gb", tensor_parallel=4,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.04909, 0.05098, 0.05962, 0.10561, 0.20068, 0.46346, 0.95358),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
        decode_s=(0.02972, 0.02998, 0.02992, 0.03144, 0.03284, 0.03688, 0.05236),
        decode_power_frac=(0.543, 0.543, 0.543, 0.543, 0.543, 0.543, 0.543),
        decode_context_tokens=576.0, decode_kv_token_s=4.7e-08,
        decode_memory_power_frac=0.121, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=451660.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), medians;"
        " power assumed, see serving.md",
    ),
    PhaseTable(
        model="llama2-70b", gpu="h100-sxm-80gb", tensor_parallel=2,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.04833, 0.05185, 0.08383, 0.15795, 0.31032, 0.64266, 1.33984),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
        decode_s=(0.037, 0.03739, 0.03998, 0.0404, 0.04197, 0.0523),
        decode_power_frac=(0.543, 0.543, 0.543, 0.543, 0.543, 0.543),
        decode_context_tokens=576.0, decode_kv_token_s=5.42e-08,
        decode_memory_power_frac=0.195, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=12207.0, max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), medians;"
        " power assumed, see serving.md",
    ),
    PhaseTable(
        model="deepseek-v3.1", gpu="b200-sxm-180gb", tensor_parallel=8,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.02535, 0.02609, 0.02757, 0.03052, 0.03643, 0.04824, 0.07186),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 32.0, 63.9, 127.9, 255.7),
        decode_s=(0.01684, 0.01684, 0.02034, 0.02672, 0.03259, 0.03884, 0.04859),
        decode_power_frac=(0.482, 0.482, 0.553, 0.599, 0.648, 0.704, 0.742),
        decode_context_tokens=624.0, decode_kv_token_s=1.375e-09,
        decode_memory_power_frac=0.025, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=8894011.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 6 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 8.6 % left out; of "
        "decode power 0.0 % median, 0.0 % worst, 5.8 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="gpt-oss-20b", gpu="h100-sxm-80gb", tensor_parallel=1,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.00624, 0.00837, 0.01262, 0.02112, 0.03812, 0.07211, 0.14011),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 32.0, 63.9, 96.0, 128.0, 191.9, 255.9),
        decode_s=(0.00665, 0.00665, 0.00802, 0.00924, 0.01122, 0.01392, 0.01709,
        0.02081, 0.02428),
        decode_power_frac=(0.624, 0.624, 0.674, 0.758, 0.806, 0.84, 0.84, 0.84,
        0.851), decode_context_tokens=1286.0, decode_kv_token_s=1.838e-08,
        decode_memory_power_frac=0.034, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=1184082.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 9 "
        "rows; fit error of decode time 0.0 % median, 2.9 % worst, 6.3 % left out; of "
        "decode power 0.0 % median, 2.9 % worst, 5.3 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="llama-3.1-405b-fp8", gpu="h100-sxm-80gb", tensor_parallel=8,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.06923, 0.08761, 0.12437, 0.1979, 0.34496, 0.63908, 1.22732),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 15.9, 31.9, 63.9, 95.7, 127.7, 191.5, 255.2),
        decode_s=(0.0332, 0.0332, 0.03404, 0.03633, 0.03932, 0.04409, 0.04804,
        0.06219, 0.0669),
        decode_power_frac=(0.582, 0.582, 0.604, 0.669, 0.743, 0.799, 0.823, 0.859,
        0.871), decode_context_tokens=383.0, decode_kv_token_s=2.412e-08,
        decode_memory_power_frac=0.144, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=331333.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 8 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 7.6 % left out; of "
        "decode power 0.0 % median, 0.0 % worst, 2.7 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="llama-3.1-405b-fp8", gpu="b200-sxm-180gb", tensor_parallel=4,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.04779, 0.06182, 0.0899, 0.14605, 0.25835, 0.48294, 0.93214),
        prefill_power_frac=(0.856, 0.856, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 15.9, 31.9, 63.9, 127.7, 255.4),
        decode_s=(0.0292, 0.0292, 0.03159, 0.03371, 0.03819, 0.04576, 0.06341),
        decode_power_frac=(0.856, 0.856, 0.856, 0.886, 0.919, 0.962, 0.975),
        decode_context_tokens=385.0, decode_kv_token_s=2.02e-08,
        decode_memory_power_frac=0.152, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=470842.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 6 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 2.8 % left out; of "
        "decode power 0.0 % median, 0.9 % worst, 2.6 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="llama-3.1-70b", gpu="h100-sxm-80gb", tensor_parallel=4,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.03247, 0.04351, 0.06558, 0.10974, 0.19806, 0.37469, 0.72795),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 31.9, 63.8, 95.7, 127.6, 191.6, 255.3),
        decode_s=(0.01657, 0.01657, 0.0177, 0.02005, 0.02243, 0.02536, 0.02787,
        0.0337, 0.03984),
        decode_power_frac=(0.631, 0.631, 0.643, 0.643, 0.715, 0.751, 0.78, 0.819,
        0.841), decode_context_tokens=377.0, decode_kv_token_s=3.063e-08,
        decode_memory_power_frac=0.181, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=451660.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 8 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 3.9 % left out; of "
        "decode power 0.0 % median, 0.3 % worst, 4.2 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="llama-3.1-70b", gpu="b200-sxm-180gb", tensor_parallel=2,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.01972, 0.02789, 0.04423, 0.07692, 0.1423, 0.27306, 0.53458),
        prefill_power_frac=(0.849, 0.849, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 15.9, 31.9, 63.8, 127.7, 255.3),
        decode_s=(0.01636, 0.01636, 0.01678, 0.01868, 0.02175, 0.0273, 0.03584),
        decode_power_frac=(0.849, 0.849, 0.866, 0.868, 0.905, 0.957, 0.971),
        decode_context_tokens=376.0, decode_kv_token_s=2.565e-08,
        decode_memory_power_frac=0.189, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=561523.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 6 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 3.1 % left out; of "
        "decode power 0.0 % median, 0.0 % worst, 3.1 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="llama-3.3-70b", gpu="h100-sxm-80gb", tensor_parallel=4,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.03247, 0.04351, 0.06558, 0.10974, 0.19806, 0.37469, 0.72795),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 31.9, 63.9, 95.9, 127.7, 191.5, 255.5),
        decode_s=(0.01687, 0.01687, 0.01756, 0.01986, 0.02234, 0.02538, 0.02776,
        0.03361, 0.03906),
        decode_power_frac=(0.638, 0.638, 0.657, 0.677, 0.753, 0.794, 0.84, 0.879,
        0.9), decode_context_tokens=405.0, decode_kv_token_s=3.063e-08,
        decode_memory_power_frac=0.175, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=451660.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 8 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 3.6 % left out; of "
        "decode power 0.0 % median, 0.0 % worst, 2.3 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="llama-3.3-70b", gpu="b200-sxm-180gb", tensor_parallel=2,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.01972, 0.02789, 0.04423, 0.07692, 0.1423, 0.27306, 0.53458),
        prefill_power_frac=(0.851, 0.851, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 31.9, 63.8, 127.7, 255.5),
        decode_s=(0.01662, 0.01662, 0.01694, 0.01865, 0.02181, 0.02756, 0.0367),
        decode_power_frac=(0.851, 0.851, 0.873, 0.879, 0.908, 0.956, 0.971),
        decode_context_tokens=405.0, decode_kv_token_s=2.565e-08,
        decode_memory_power_frac=0.186, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=561523.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 6 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 2.8 % left out; of "
        "decode power 0.0 % median, 0.0 % worst, 2.8 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-14b", gpu="h100-sxm-80gb", tensor_parallel=1,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.0158, 0.02323, 0.03811, 0.06785, 0.12735, 0.24634, 0.48432),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 31.9, 63.8, 95.9, 127.7, 191.7, 253.4),
        decode_s=(0.01254, 0.01254, 0.01334, 0.01501, 0.01894, 0.0235, 0.02616,
        0.03337, 0.0384),
        decode_power_frac=(0.633, 0.633, 0.665, 0.706, 0.75, 0.774, 0.817, 0.875,
        0.921), decode_context_tokens=509.0, decode_kv_token_s=6.125e-08,
        decode_memory_power_frac=0.19, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=268554.0, max_batch=253,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 8 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 4.0 % left out; of "
        "decode power 0.0 % median, 0.0 % worst, 1.8 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-14b", gpu="b200-sxm-180gb", tensor_parallel=1,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.00904, 0.01231, 0.01885, 0.03192, 0.05808, 0.11038, 0.21498),
        prefill_power_frac=(0.725, 0.725, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 7.9, 15.9, 31.9, 63.8, 127.7, 255.6),
        decode_s=(0.00716, 0.00716, 0.00784, 0.00942, 0.01273, 0.01907, 0.02117),
        decode_power_frac=(0.725, 0.725, 0.725, 0.725, 0.725, 0.725, 0.955),
        decode_context_tokens=506.0, decode_kv_token_s=2.565e-08,
        decode_memory_power_frac=0.21, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=817871.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 6 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 18.5 % left out; of"
        " decode power 3.9 % median, 4.8 % worst, 13.5 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-235b-a22b", gpu="h100-sxm-80gb", tensor_parallel=8,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.03993, 0.04193, 0.04592, 0.05391, 0.06988, 0.10184, 0.16575),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 32.0, 63.9, 95.9, 127.8, 191.8, 228.5),
        decode_s=(0.02024, 0.02024, 0.02535, 0.03471, 0.04034, 0.04368, 0.04664,
        0.05236, 0.05548),
        decode_power_frac=(0.505, 0.505, 0.569, 0.62, 0.662, 0.687, 0.697, 0.712,
        0.721), decode_context_tokens=634.0, decode_kv_token_s=1.799e-08,
        decode_memory_power_frac=0.031, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=275307.0, max_batch=228,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 8 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 12.6 % left out; of"
        " decode power 0.0 % median, 0.0 % worst, 4.6 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-235b-a22b", gpu="b200-sxm-180gb", tensor_parallel=4,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.0267, 0.02823, 0.03128, 0.03738, 0.04958, 0.07398, 0.12278),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 32.0, 63.9, 127.9, 255.7),
        decode_s=(0.01967, 0.01967, 0.02454, 0.02983, 0.04082, 0.04709, 0.05326),
        decode_power_frac=(0.641, 0.641, 0.724, 0.788, 0.788, 0.788, 0.801),
        decode_context_tokens=635.0, decode_kv_token_s=7.535e-09,
        decode_memory_power_frac=0.035, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=924617.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 6 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 12.8 % left out; of"
        " decode power 0.1 % median, 1.1 % worst, 6.7 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-30b-a3b", gpu="h100-sxm-80gb", tensor_parallel=2,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.00975, 0.01055, 0.01214, 0.01533, 0.0217, 0.03445, 0.05995),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 32.0, 63.9, 95.9, 127.9, 191.8, 255.8),
        decode_s=(0.00936, 0.00936, 0.01255, 0.01539, 0.0187, 0.02459, 0.02742,
        0.03126, 0.03412),
        decode_power_frac=(0.488, 0.488, 0.542, 0.595, 0.638, 0.638, 0.643, 0.664,
        0.732), decode_context_tokens=659.0, decode_kv_token_s=1.838e-08,
        decode_memory_power_frac=0.038, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=854492.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 9 "
        "rows; fit error of decode time 0.0 % median, 1.4 % worst, 9.4 % left out; of "
        "decode power 0.0 % median, 7.3 % worst, 12.7 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-30b-a3b", gpu="b200-sxm-180gb", tensor_parallel=1,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.0082, 0.0089, 0.0103, 0.0131, 0.01871, 0.02992, 0.05233),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 7.9, 15.9, 31.9, 63.8, 95.7, 127.8, 191.7, 255.6),
        decode_s=(0.00824, 0.00824, 0.01081, 0.01428, 0.01914, 0.01914, 0.02093,
        0.02371, 0.02627),
        decode_power_frac=(0.657, 0.657, 0.659, 0.734, 0.734, 0.825, 0.829, 0.838,
        0.91), decode_context_tokens=657.0, decode_kv_token_s=1.539e-08,
        decode_memory_power_frac=0.044, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=1037597.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 8 "
        "rows; fit error of decode time 0.0 % median, 1.0 % worst, 14.0 % left out; of"
        " decode power 0.0 % median, 1.2 % worst, 8.3 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-8b", gpu="h100-sxm-80gb", tensor_parallel=1,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.00945, 0.01369, 0.02219, 0.03919, 0.07319, 0.14118, 0.27717),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 8.0, 16.0, 31.9, 63.9, 95.8, 127.8, 191.7, 255.5),
        decode_s=(0.0082, 0.0082, 0.0089, 0.01057, 0.01395, 0.0178, 0.0207, 0.02635,
        0.03136),
        decode_power_frac=(0.61, 0.61, 0.645, 0.683, 0.735, 0.777, 0.819, 0.857,
        0.904), decode_context_tokens=523.0, decode_kv_token_s=5.513e-08,
        decode_memory_power_frac=0.174, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=379774.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 8 "
        "rows; fit error of decode time 0.0 % median, 0.0 % worst, 2.7 % left out; of "
        "decode power 0.0 % median, 0.0 % worst, 1.8 % left out; prefill, cache and "
        "clock response assumed, see serving-tables.md",
    ),
    PhaseTable(
        model="qwen3-8b", gpu="b200-sxm-180gb", tensor_parallel=1,
        prefill_tokens=(128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0),
        prefill_s=(0.00706, 0.00893, 0.01267, 0.02014, 0.03508, 0.06497, 0.12475),
        prefill_power_frac=(0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0),
        decode_batch=(1.0, 7.9, 15.9, 31.9, 63.8, 127.7, 255.4),
        decode_s=(0.00497, 0.00497, 0.00578, 0.01027, 0.01249, 0.01249, 0.02005),
        decode_power_frac=(0.554, 0.554, 0.554, 0.554, 0.554, 0.748, 0.831),
        decode_context_tokens=522.0, decode_kv_token_s=2.309e-08,
        decode_memory_power_frac=0.244, decode_clock_sensitivity=0.2,
        kv_capacity_tokens=990125.0, max_batch=255,
        source="ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025, Apache-2.0), 6 "
        "rows; fit error of decode time 0.0 % median, 3.4 % worst, 26.5 % left out; of"
        " decode power 3.0 % median, 14.3 % worst, 16.2 % left out; prefill, cache and"
        " clock response assumed, see serving-tables.md",
    ),
)  # fmt: skip
